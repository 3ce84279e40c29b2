from embudo.foundation.attributes.rules.kinds import AttributeType, Choice, Definition, ListAttribute
from embudo.foundation.attributes.rules.operators import operators_of
from embudo.foundation.attributes.rules.sentences import sentence
from embudo.foundation.attributes.rules.tree import Condition, Group, Negation, Node, parsed, plain_tree

__all__ = [
    "AttributeType",
    "Choice",
    "Condition",
    "Definition",
    "Group",
    "ListAttribute",
    "Negation",
    "Node",
    "operators_of",
    "parsed",
    "plain_tree",
    "sentence",
]
