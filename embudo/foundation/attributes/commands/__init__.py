from embudo.foundation.attributes.commands.attributes import (
    AttributeChange,
    add_choice,
    archive_attribute,
    change_attribute,
    define_attribute,
    restore_attribute,
)
from embudo.foundation.attributes.commands.indexes import index_attributes, make_index_of
from embudo.foundation.attributes.commands.preparing import (
    build,
    cannot_prepare,
    end_preparation,
    prepare_list,
    remove_prepared,
)
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
    "build",
    "cannot_prepare",
    "change_attribute",
    "change_view",
    "create_view",
    "define_attribute",
    "delete_view",
    "end_preparation",
    "index_attributes",
    "make_index_of",
    "pin_view",
    "prepare_list",
    "remove_prepared",
    "restore_attribute",
    "set_default_view",
    "unpin_view",
]
