"""What an agency begins with locally: plans, criteria and sample units from files."""

from dataclasses import replace

from deploy.local.services import ROOT, Stage
from deploy.local.supervisor import ServiceSpec

FILES = {
    "tan-binh": ("plans/tan-binh-units.toml", "plans/tan-binh-2023-2025.toml"),
}
FOR_ALL = ("criteria/dien-hinh-tien-tien-2023.toml",)
LOADER = "nomination"


def specs(stage: Stage, agency: str) -> list[ServiceSpec]:
    """The program that enters an agency's files; entering them again changes nothing."""
    if LOADER not in stage.programs.names:
        return []
    files = [str(ROOT / "deploy" / file) for file in (*FILES.get(agency, ()), *FOR_ALL)]
    loading = stage.spec(agency, LOADER, "load")
    return [replace(loading, command=(*loading.command, *files))]
