from embudo.business.directory.commands.affiliations import (
    change_affiliation,
    end_affiliation,
    link_person_to_company,
)
from embudo.business.directory.commands.companies import (
    change_company,
    change_company_owner,
    fill_company,
    register_company,
)
from embudo.business.directory.commands.contacts import (
    add_address,
    add_contact,
    change_address,
    change_contact,
    name_preferred_kinds,
    prefer_address,
    prefer_contact,
    remove_address,
    remove_contact,
    undo_contacts,
)
from embudo.business.directory.commands.editing import (
    change_companies,
    change_people,
    hand_over_companies,
    hand_over_people,
    move_people,
)
from embudo.business.directory.commands.given import UNCHANGED
from embudo.business.directory.commands.import_companies import import_companies
from embudo.business.directory.commands.import_people import import_people
from embudo.business.directory.commands.lists import take_activity_list
from embudo.business.directory.commands.people import (
    change_person,
    change_person_owner,
    fill_person,
    register_person,
)
from embudo.business.directory.commands.registers import (
    answer_check,
    ask_register,
    fill_from_register,
    fillable,
    next_attempt,
    switch_register,
    write_register_answer,
)

__all__ = [
    "UNCHANGED",
    "add_address",
    "add_contact",
    "answer_check",
    "ask_register",
    "change_address",
    "change_affiliation",
    "change_companies",
    "change_company",
    "change_company_owner",
    "change_contact",
    "change_people",
    "change_person",
    "change_person_owner",
    "end_affiliation",
    "fill_company",
    "fill_from_register",
    "fill_person",
    "fillable",
    "hand_over_companies",
    "hand_over_people",
    "import_companies",
    "import_people",
    "link_person_to_company",
    "move_people",
    "name_preferred_kinds",
    "next_attempt",
    "prefer_address",
    "prefer_contact",
    "register_company",
    "register_person",
    "remove_address",
    "remove_contact",
    "switch_register",
    "take_activity_list",
    "undo_contacts",
    "write_register_answer",
]
