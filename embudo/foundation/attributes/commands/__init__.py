from embudo.foundation.attributes.commands.attributes import (
    AttributeChange,
    add_choice,
    archive_attribute,
    change_attribute,
    define_attribute,
    restore_attribute,
)
from embudo.foundation.attributes.commands.indexes import index_attributes, make_index_of
from embudo.foundation.attributes.commands.saved import (
    ViewState,
    change_view,
    create_view,
    delete_view,
    pin_view,
    set_default_view,
    unpin_view,
)

__all__ = [
    "AttributeChange",
    "ViewState",
    "add_choice",
    "archive_attribute",
    "change_attribute",
    "change_view",
    "create_view",
    "define_attribute",
    "delete_view",
    "index_attributes",
    "make_index_of",
    "pin_view",
    "restore_attribute",
    "set_default_view",
    "unpin_view",
]
