from embudo.foundation.attributes.rules.faces import Face, Look, Period, Span
from embudo.foundation.attributes.rules.kinds import AttributeType, Choice, Definition, ListAttribute
from embudo.foundation.attributes.rules.operators import operators_of
from embudo.foundation.attributes.rules.sentences import sentence
from embudo.foundation.attributes.rules.tree import Condition, Group, Negation, Node, parsed, plain_tree

__all__ = [
    "AttributeType",
    "Choice",
    "Condition",
    "Definition",
    "Face",
    "Group",
    "ListAttribute",
    "Look",
    "Negation",
    "Node",
    "Period",
    "Span",
    "operators_of",
    "parsed",
    "plain_tree",
    "sentence",
]
