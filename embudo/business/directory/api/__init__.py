from embudo.business.directory.api import contacts, registers
from embudo.business.directory.api.records import router

__all__ = ["contacts", "registers", "router"]
