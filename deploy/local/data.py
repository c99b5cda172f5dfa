"""What an agency begins with locally: rules and criteria for everybody, plans and units by the file's name."""

from deploy.local import outside
from deploy.local.services import ROOT, Stage

DEPLOY = ROOT / "deploy"
FOR_ALL = {
    "nomination": (
        "calendars/viet-nam.toml",
        "criteria/dien-hinh-tien-tien-2023.toml",
        "words/superlatives.toml",
        "rules/reuse.toml",
        "rules/forms.toml",
        "checklists/kiem-tra-giam-sat.toml",
    ),
    "review": ("rules/council.toml",),
    "publishing": ("rules/consent.toml",),
}
OWN = {"nomination": ("plans/{agency}-units.toml", "plans/{agency}-plan.toml")}
"""Files that an agency may have; who has none begins without."""


def files_for(stage: Stage, agency: str, service: str) -> tuple[str, ...]:
    """The files that a service of an agency enters; entering them again changes nothing."""
    files = [DEPLOY / file for file in FOR_ALL.get(service, ())]
    files += [file for name in OWN.get(service, ()) if (file := DEPLOY / name.format(agency=agency)).exists()]
    if service == outside.TELLER:
        files.append(outside.channel_file(stage))
    return tuple(map(str, files))
