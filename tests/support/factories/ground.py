"""The agency, its day, its schools and people: what everything else is made with."""

from uuid import UUID

from services.nomination.actions import plans
from shared.audit import Actor
from shared.clock import FixedClock
from shared.events import Sealed

AT = FixedClock().now()
TODAY = FixedClock().today()
AGENCY = plans.Agency("tan-binh", "TB")
SCHOOL = UUID("01900000-0000-7000-8000-000000000001")
OTHER_SCHOOL = UUID("01900000-0000-7000-8000-000000000002")
NOMINATOR = Actor("https://id|co-hanh", "nominator", SCHOOL)
HEAD = Actor("https://id|hieu-truong", "head", SCHOOL)
SECRETARY = Actor("https://id|thu-ky", "secretary")
CHAIR = Actor("https://id|chu-tich", "chair")
SIGNER = Actor("https://id|nguoi-ky", "signer")
EDITOR = Actor("https://id|bien-tap", "editor")
CLERK = Actor("system:command-line", "administrator")
PARCEL = Sealed(parcel_id=UUID(int=7), sha256="0" * 64, size=1, recipient="tan-binh/review/1")
PACK = "dien-hinh/1"
