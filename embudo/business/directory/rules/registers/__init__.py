from embudo.business.directory.rules.registers import regon, vies
from embudo.business.directory.rules.registers.base import (
    Answer,
    Asked,
    Numbers,
    Register,
    all_registers,
    reason_text,
    register_named,
    register_source,
)

register_source(vies.VIES)
register_source(regon.REGON)

__all__ = [
    "Answer",
    "Asked",
    "Numbers",
    "Register",
    "all_registers",
    "reason_text",
    "register_named",
    "register_source",
]
