from typing import Annotated, Any, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from embudo.kernel.money import Money, is_currency

T = TypeVar("T")
LARGEST = 2**53 - 1  # what JSON readers keep exact

# Free text of several lines; single lines say their own length: Annotated[str, Field(max_length=120)].
LongText = Annotated[str, Field(max_length=10_000)]
Amount = Annotated[int, Field(ge=-LARGEST, le=LARGEST, strict=True)]
Count = Annotated[int, Field(ge=0, le=2_147_483_647, strict=True)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]


class In(BaseModel):
    """What a caller sends. Unknown fields are refused, text is trimmed; lengths stand on the fields."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=10_000)

    def given(self) -> dict[str, Any]:
        """What was really sent, nothing of the defaults: the keywords of a change."""
        return {
            name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set
        }


class Out(BaseModel):
    """What a caller gets, read from a record's attributes of the same names."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class CustomIn(In):
    """What the organisation has defined for this kind of record itself, by key; null clears."""

    custom: dict[str, Any] = Field(default_factory=dict, max_length=200)


class CustomOut(Out):
    """The values of the organisation's own attributes, by key, as far as the caller may see them."""

    custom: dict[str, Any] = Field(default_factory=dict, validation_alias="custom_sent")


class MoneyIn(In):
    """An exact amount in the currency's smallest unit."""

    amount_minor: Amount
    currency: Currency

    @field_validator("currency")
    @classmethod
    def _is_currency(cls, code: str) -> str:
        if not is_currency(code):
            raise ValueError("no_such_currency")
        return code

    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


class MoneyOut(Out):
    """An exact amount in the currency's smallest unit; read from a Money."""

    amount_minor: int = Field(validation_alias=AliasChoices("amount_minor", "minor"))
    currency: str


def _text_of(value: object) -> object:
    return None if value is None else str(value)


class Named(Out):
    """A reference to another record, with what people call it."""

    id: Any
    name: Annotated[str, BeforeValidator(_text_of)]


class Page(Out, Generic[T]):
    """One page of a list. Send next as cursor to get the one after; null on the last page."""

    items: list[T]
    next: str | None = None
    count: int | None = Field(
        None, description="How many there are, counted up to 10,000; only with count=true."
    )
    count_is_exact: bool | None = Field(None, description="False when there are more than counted.")


class Problem(Out):
    """What went wrong and what to do about it (RFC 9457)."""

    type: str = Field(examples=["urn:embudo:problem:invalid"])
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; what a program decides by.", examples=["sales.lead_not_qualified"])
    request_id: str
    errors: dict[str, list[str]] | None = Field(None, description="By field: what to do about it.")
    version: int | None = Field(None, description="The version that stands now, when the one sent is stale.")
