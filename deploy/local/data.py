"""What an agency begins with locally: plans, criteria and sample units from files."""

from deploy.local import outside
from deploy.local.services import ROOT, Stage

FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "nomination": {
        "": ("criteria/dien-hinh-tien-tien-2023.toml",),
        "tan-binh": ("plans/tan-binh-units.toml", "plans/tan-binh-2023-2025.toml"),
    },
    "review": {"tan-binh": ("rules/tan-binh-council.toml",)},
    "publishing": {"": ("rules/consent.toml",)},
}
"""By service, then by agency; "" is for every agency."""


def files_for(stage: Stage, agency: str, service: str) -> tuple[str, ...]:
    """The files that a service of an agency enters; entering them again changes nothing."""
    by_agency = FILES.get(service, {})
    files = [str(ROOT / "deploy" / file) for who in ("", agency) for file in by_agency.get(who, ())]
    if service == outside.TELLER:
        files.append(str(outside.channel_file(stage)))
    return tuple(files)
