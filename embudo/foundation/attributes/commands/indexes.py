from embudo.foundation.attributes.commands.preparing import build
from embudo.foundation.attributes.models import CustomAttribute, Preparation, PreparedList
from embudo.foundation.attributes.queries import custom_kinds
from embudo.foundation.attributes.rules.kinds import WITHOUT_INDEX
from embudo.kernel.custom import make_index

# An index is derived from the records: it is made without an act of its own, and may be made again at any time.


def make_index_of(attribute: CustomAttribute) -> bool:
    """Whether the attribute has an index now."""
    model = next((one.model for one in custom_kinds() if one.name == attribute.kind), None)
    if model is None or attribute.definition.type in WITHOUT_INDEX:
        return False
    make_index(model, attribute.key, attribute.stored)
    return True


def index_attributes() -> int:
    """Makes every index that is missing, for instance after a move to another database; returns how many stand."""
    made = sum(make_index_of(one) for one in CustomAttribute.objects.filter(archived=None))
    return made + sum(build(one) for one in PreparedList.objects.filter(state=Preparation.READY))
