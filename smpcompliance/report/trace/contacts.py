"""How a client can be reached, from the log of clients: the only place of a trace that reads what is private."""

from dataclasses import dataclass

from smpcompliance.logs.table import Logs

COLUMNS = ("name", "phone", "email", "address")


@dataclass(frozen=True)
class Contact:
    """Name, telephone, e-mail and address as the log of clients has them; blank where it has none."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """In the order of `COLUMNS`, blank ones too."""
        return self.name, self.phone, self.email, self.address


def contact(logs: Logs, row: int) -> Contact:
    """The contact in a row of `clients`; nothing is known of a client in no list (row -1)."""
    if row < 0:
        return Contact()
    return Contact(*(logs.cells("clients", column).text(row) for column in COLUMNS))
