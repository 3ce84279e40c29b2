from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.forms import Form

LONGEST = 2000
UPHELD, OVERRULED = "upheld", "overruled"


class MessageForm(Form):
    text = forms.CharField(
        label=_("Message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a message of at most %(n)d characters.") % {"n": LONGEST}},
    )


class DisputeForm(Form):
    text = forms.CharField(
        label=_("Why the rejection is wrong"),
        max_length=LONGEST,
        help_text=_("The supervisor and the verifier read this."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why the rejection is wrong.")},
    )


class DecisionForm(Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=(
            (UPHELD, _("The rejection stands, the operator corrects the entry")),
            (OVERRULED, _("The entry is right and is accepted")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    text = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        required=False,
        help_text=_("Operator and verifier read this."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LikenessesForm(Form):
    answer = forms.ChoiceField(
        label=_("What they are"),
        choices=(("same", _("The same")), ("other", _("Not the same"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    comment = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why.")},
    )
