"""Types that only the program registers (TYPE-10)."""

from __future__ import annotations

from ..resolve import COERCERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..model import Config


def carry_types(config: Config) -> None:
    """From now on, take the values of the types that `config` lists as text (SRV-17).

    The program, which knows them, checks them itself.
    """
    for name in config.types:
        COERCERS.setdefault(name, COERCERS["str"])
