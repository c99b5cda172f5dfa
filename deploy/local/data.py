"""What an agency begins with locally: plans, criteria and sample units from files."""

from dataclasses import replace

from deploy.local import outside
from deploy.local.services import ROOT, Stage
from deploy.local.supervisor import ServiceSpec

FILES: dict[str, dict[str, tuple[str, ...]]] = {
    "nomination": {
        "": ("criteria/dien-hinh-tien-tien-2023.toml",),
        "tan-binh": ("plans/tan-binh-units.toml", "plans/tan-binh-2023-2025.toml"),
    },
    "review": {"tan-binh": ("rules/tan-binh-council.toml",)},
    "publishing": {"": ("rules/consent.toml",)},
}
"""By service, then by agency; "" is for every agency."""


def specs(stage: Stage, agency: str) -> list[ServiceSpec]:
    """The programs that enter an agency's files; entering them again changes nothing."""
    found = []
    for service, by_agency in FILES.items():
        files = [str(ROOT / "deploy" / file) for who in ("", agency) for file in by_agency.get(who, ())]
        if files and service in stage.programs.names:
            if service == outside.TELLER:
                files.append(str(outside.channel_file(stage)))
            loading = stage.spec(agency, service, "load")
            found.append(replace(loading, command=(*loading.command, *files)))
    return found
