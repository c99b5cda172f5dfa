"""Words that papers are written with: kinds of papers and their signs (decree 30/2020/NĐ-CP, annex III), who signs
with which letters, and for what a paper is sent to somebody."""

import re

KINDS = {"ke hoach": "plan", "huong dan": "guidance", "quyet dinh": "decision", "thong bao": "notice"}
"""A paper's kind as it stands alone above the title, folded."""

SIGNS = {
    "QD": "QĐ",
    "ND": "NĐ",
    "CD": "CĐ",
    "CDN": "CĐN",
    "TLD": "TLĐ",
    "BGDDT": "BGDĐT",
    "SGDDT": "SGDĐT",
    "PGDDT": "PGDĐT",
    "LDLD": "LĐLĐ",
    "TTG": "TTg",
}
"""Signs that a scan or a typist robs of a mark, as they should be."""

SIGNERS = {
    "UBND": ("uy ban", "ubnd"),
    "BGDĐT": ("bo ", "bo g", "b9 "),
    "SGDĐT": ("so ", "s& "),
    "PGDĐT": ("phong",),
    "TTg": ("thu tuong",),
    "CĐN": ("cong doan",),
}
"""How the name of whoever issues papers with that sign begins, folded."""

HOLDERS = re.compile(
    r"(?:truong|so|s&|phong|bo|b9|uy ban|ubnd|cong doan|lien doan|trung tam|hoc vien|dai hoc|dang uy|chi bo)\s"
)
"""How the name of whoever issues papers begins, whatever it signs with, folded."""

MATTERS = re.compile(
    r"\s(?:tri[a-z]{1,2}n\s+khai|th[a-z]{1,2}c\s+hi[a-z]{1,2}n|ban\s+h[a-z]{1,2}nh|ph[a-z]\s+duy[a-z]t"
    r"|h[a-z]{1,3}ng\s+d[a-z]n|quy\s+d[a-z]nh)\b"
)
"""How what a paper is about begins where «về» is left out, in mended text."""

PURPOSES = {
    "b/c": "report",
    "bao cao": "report",
    "th/h": "carry_out",
    "thuc hien": "carry_out",
    "p/h": "coordinate",
    "phoi hop": "coordinate",
    "c/d": "direct",
    "chi dao": "direct",
}
"""For what it is sent, as the brackets behind a recipient say it, folded."""

MOVEMENTS = (
    "Dạy tốt – Học tốt",
    "Đổi mới, sáng tạo trong quản lý, giảng dạy và học tập",
    "Mỗi thầy, cô giáo là một tấm gương đạo đức, tự học và sáng tạo",
    "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "Người tốt – Việc tốt",
    "Lao động giỏi – Lao động sáng tạo",
    "Nghiên cứu khoa học và chuyển giao công nghệ",
)
"""Movements of the whole sector: a bad scan's wording is read as the one it is nearest to."""

CATEGORIES = {
    "collective": re.compile(r"\bt[a-z]p\s+th[a-z]{1,2}\b"),
    "manager": re.compile(r"\bc[a-z]n\s+b[a-z]\s+qu[a-z]n\s+l?y|\bcbql\b|\bcan bo, nha giao\b"),
    "teacher": re.compile(r"\bgi[a-z]{1,2}o\s+vi[a-z]{1,2}n\b|\bnh[a-z]\s+gi[a-z]{1,2}o\b"),
    "staff": re.compile(r"\bnh[a-z]n\s+vi[a-z]{1,2}n\b|\bng[a-z]{1,3}i\s+lao\s+d[a-z]ng\b"),
    "pupil": re.compile(r"\bh[a-z]c\s+sinh\b"),
}
"""How the five categories are named, in mended text."""
