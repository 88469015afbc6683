"""Who and what the demo is made of: three lenders, their products and fourteen people. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from underwriting.enums import ProductKind, Role


@dataclass(frozen=True, slots=True)
class DemoLender:
    """A demo lender. `shape` names its people in the generator and its mapping in training; amounts in minor units."""

    code: str
    name: str
    legal_name: str
    address: str
    telephone: str
    agency_name: str
    agency_address: str
    time_zone: str
    product_code: str
    product_name: str
    product_kind: ProductKind
    offer_grid: tuple[tuple[int, int], ...]
    reference_rate_bps: int
    channel: str
    share: float  # of generated applications


AMOUNTS = (
    100_000,
    200_000,
    300_000,
    500_000,
    700_000,
    1_000_000,
    1_300_000,
    1_600_000,
    2_000_000,
    2_500_000,
    3_000_000,
    3_500_000,
)

LENDERS = (
    DemoLender(
        code="harbour",
        name="Harbour Lending",
        legal_name="Harbour Lending, Inc.",
        address="40 Quay Street\nPortland, ME 04101",
        telephone="+1 207 555 0140",
        agency_name="Federal Trade Commission, Equal Credit Opportunity",
        agency_address="Washington, DC 20580",
        time_zone="America/New_York",
        product_code="instalment-loan",
        product_name="Personal loan",
        product_kind=ProductKind.INSTALMENT,
        offer_grid=tuple((amount, term) for term in (36, 60) for amount in AMOUNTS),
        reference_rate_bps=1200,
        channel="web",
        share=0.60,
    ),
    DemoLender(
        code="northgate",
        name="Northgate Card",
        legal_name="Northgate Card Company",
        address="8 Market Square\nAkron, OH 44308",
        telephone="+1 330 555 0108",
        agency_name="Federal Trade Commission, Equal Credit Opportunity",
        agency_address="Washington, DC 20580",
        time_zone="America/Chicago",
        product_code="credit-line",
        product_name="Credit line",
        product_kind=ProductKind.LINE,
        offer_grid=(),
        reference_rate_bps=1900,
        channel="web",
        share=0.25,
    ),
    DemoLender(
        code="quarry",
        name="Quarry Home Lines",
        legal_name="Quarry Home Lines, LLC",
        address="210 Granite Avenue\nBoise, ID 83702",
        telephone="+1 208 555 0121",
        agency_name="Federal Trade Commission, Equal Credit Opportunity",
        agency_address="Washington, DC 20580",
        time_zone="America/Denver",
        product_code="pre-screen",
        product_name="Pre-screened line",
        product_kind=ProductKind.PRESCREEN,
        offer_grid=(),
        reference_rate_bps=900,
        channel="partner",
        share=0.15,
    ),
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    roles: tuple[tuple[str, Role], ...]  # lender code, role

    @property
    def email(self) -> str:
        return f"{self.name.split(' ')[0].lower()}@demo.example"


PEOPLE = (
    DemoPerson("Ana Reyes", (("harbour", Role.CREDIT_OFFICER),)),
    DemoPerson("Tom Whitfield", (("harbour", Role.CREDIT_OFFICER), ("northgate", Role.CREDIT_OFFICER))),
    DemoPerson("Priya Nair", (("harbour", Role.SENIOR_OFFICER),)),
    DemoPerson("Joana Mendes", (("northgate", Role.SENIOR_OFFICER), ("quarry", Role.SENIOR_OFFICER))),
    # a second senior officer everywhere: what one decides above an officer's authority, the other confirms
    DemoPerson("Noor Haddad", tuple((lender.code, Role.SENIOR_OFFICER) for lender in LENDERS)),
    DemoPerson("Grace Lindqvist", (("harbour", Role.TEAM_LEAD), ("northgate", Role.TEAM_LEAD))),
    DemoPerson("Ravi Menon", tuple((lender.code, Role.RISK_MANAGER) for lender in LENDERS)),
    DemoPerson("Ellen Marsh", (("harbour", Role.RISK_APPROVER),)),
    DemoPerson("Lee Okafor", tuple((lender.code, Role.RISK_APPROVER) for lender in LENDERS)),
    DemoPerson("Hanna Weiss", tuple((lender.code, Role.COMPLIANCE) for lender in LENDERS)),
    DemoPerson("Mina Park", (("harbour", Role.MODEL_OWNER), ("quarry", Role.MODEL_OWNER))),
    DemoPerson("Viktor Sorensen", tuple((lender.code, Role.AUDITOR) for lender in LENDERS)),
    DemoPerson("Dana Cole", (("harbour", Role.PARTNER_ENGINEER),)),
    DemoPerson("Sam Adeyemi", tuple((lender.code, Role.ADMIN) for lender in LENDERS)),
)

POLICY_AUTHOR = "Ravi Menon"
POLICY_APPROVER = "Lee Okafor"
