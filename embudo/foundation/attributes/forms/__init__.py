from embudo.foundation.attributes.forms.custom import CustomForm
from embudo.foundation.attributes.forms.definition import AttributeForm, NewAttributeForm
from embudo.foundation.attributes.forms.saved import (
    ColumnsForm,
    DefaultForm,
    GroupForm,
    SaveViewForm,
    SortForm,
    ViewForm,
)

__all__ = [
    "AttributeForm",
    "ColumnsForm",
    "CustomForm",
    "DefaultForm",
    "GroupForm",
    "NewAttributeForm",
    "SaveViewForm",
    "SortForm",
    "ViewForm",
]
