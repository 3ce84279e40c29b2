"""What files may bring of companies and people, and what such columns are called in four languages."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules.choices import Size
from embudo.kernel.kind import ImportField, ImportKey

WORDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "record id", "identyfikator", "identifiant", "identificador"),
    "owner": ("owner", "account owner", "seller", "salesperson", "opiekun", "handlowiec", "wlasciciel", "proprietaire",
              "responsable", "commercial", "vendeur", "propietario", "vendedor", "comercial"),
    "company_name": ("company", "company name", "organisation", "organization", "account", "account name", "business name",
                     "firma", "nazwa firmy", "nazwa", "spolka", "przedsiebiorstwo", "kontrahent", "klient nazwa", "nazwa kontrahenta",
                     "entreprise", "societe", "nom de l entreprise", "raison sociale", "nom de la societe",
                     "empresa", "razon social", "nombre de la empresa", "compania"),
    "first_name": ("first name", "firstname", "given name", "forename", "imie", "prenom", "nombre", "nombre de pila"),
    "last_name": ("last name", "lastname", "surname", "family name", "nazwisko", "nom", "nom de famille", "apellido", "apellidos"),
    "full_name": ("name", "full name", "contact", "contact name", "imie i nazwisko", "osoba", "kontakt", "osoba kontaktowa",
                  "nom complet", "nom et prenom", "prenom nom", "nombre completo", "nombre y apellidos", "contacto"),
    "job_title": ("job title", "title", "position", "role", "function", "stanowisko", "funkcja", "poste", "fonction", "titre",
                  "cargo", "puesto"),
    "email": ("email", "e mail", "mail", "email address", "e mail address", "email 1", "adres e mail", "adres email", "poczta",
              "courriel", "adresse e mail", "adresse email", "adresse electronique", "correo", "correo electronico", "email praca"),
    "phone": ("phone", "telephone", "phone number", "tel", "work phone", "business phone", "telefon", "nr telefonu",
              "numer telefonu", "telefon stacjonarny", "numero de telephone", "telefono", "numero de telefono", "fijo"),
    "mobile": ("mobile", "mobile phone", "cell", "cell phone", "komorka", "telefon komorkowy", "kom", "portable",
               "telephone portable", "movil", "telefono movil", "celular"),
    "fax": ("fax", "faks", "telecopie"),
    "website": ("website", "web", "www", "url", "homepage", "web site", "strona", "strona www", "strona internetowa",
                "site web", "site internet", "site", "sitio web", "pagina web"),
    "street": ("street", "address", "address 1", "street address", "ulica", "adres", "rue", "adresse", "calle", "direccion",
               "domicilio"),
    "number": ("number", "house number", "building number", "numer", "nr", "numer domu", "nr domu", "numero", "numero de rue",
               "numero de calle"),
    "postcode": ("postcode", "postal code", "zip", "zip code", "post code", "kod pocztowy", "kod", "code postal", "cp",
                 "codigo postal"),
    "town": ("town", "city", "locality", "miasto", "miejscowosc", "ville", "commune", "ciudad", "poblacion", "localidad",
             "municipio"),
    "region": ("region", "state", "province", "county", "wojewodztwo", "departement", "provincia", "estado", "comunidad autonoma"),
    "country": ("country", "country code", "kraj", "panstwo", "pays", "code pays", "pais", "codigo de pais"),
    "remarks": ("remarks", "notes", "note", "comment", "comments", "description", "uwagi", "notatki", "opis", "komentarz",
                "remarques", "commentaire", "commentaires", "observaciones", "notas", "comentarios"),
    "is_customer": ("customer", "is customer", "klient", "czy klient", "client", "est client", "cliente", "es cliente"),
    "tax_id": ("tax number", "tax id", "vat", "vat number", "tin", "nip", "numer nip", "numer podatkowy", "numero fiscal",
               "identifiant fiscal", "siren", "nif", "cif", "numero de identificacion fiscal"),
    "vat_id": ("eu vat number", "vat id", "vat ue", "nip ue", "tva", "numero de tva", "tva intracommunautaire", "iva", "nif iva"),
    "regon": ("regon", "numer regon"),
    "krs": ("krs", "numer krs"),
    "siret": ("siret", "numero siret"),
    "sector": ("sector", "industry", "branza", "sektor", "secteur", "secteur d activite", "sector industria", "industria"),
    "activity": ("activity", "business activity", "dzialalnosc", "przedmiot dzialalnosci", "activite", "actividad"),
    "pkd": ("pkd", "kod pkd", "main pkd", "pkd glowne"),
    "size": ("size", "company size", "wielkosc", "taille", "tamano"),
    "employees": ("employees", "number of employees", "headcount", "zatrudnienie", "liczba pracownikow", "pracownicy",
                  "effectif", "effectifs", "nombre d employes", "salaries", "empleados", "numero de empleados", "plantilla"),
    "founded": ("founded", "founded in", "year founded", "rok zalozenia", "zalozona", "annee de creation", "fondee en",
                "ano de fundacion", "fundada en"),
}  # fmt: skip


def field(name: str, label: Any, kind: str = "text", words: str = "", **more: Any) -> ImportField:
    return ImportField(name, label, kind, WORDS.get(words or name, ()), **more)


OWNER = field("owner", _("owner"), "user")
ID = field("id", _("ID in Embudo"), "id")
ADDRESS_FIELDS = (
    field("street", _("street")),
    field("number", _("number")),
    field("postcode", _("postcode")),
    field("town", _("town")),
    field("region", _("region")),
    field("country", _("country"), "country"),
)
REACH_FIELDS = (
    field("email", _("e-mail address"), "email"),
    field("phone", _("phone"), "phone"),
    field("mobile", _("mobile"), "phone"),
)
COMPANY_FIELDS = (
    ImportField("name", _("name"), "text", WORDS["company_name"] + ("name",), is_required=True),
    field("tax_id", _("tax number"), "code"),
    field("vat_id", _("EU VAT number"), "code"),
    field("regon", _("REGON"), "code"),
    field("krs", _("KRS"), "code"),
    field("siret", _("SIRET"), "code"),
    *REACH_FIELDS,
    field("fax", _("fax"), "phone"),
    field("website", _("website"), "url"),
    *ADDRESS_FIELDS,
    field("sector", _("sector")),
    field("activity", _("activity")),
    field("pkd", _("PKD"), "code"),
    field("size", _("size"), "choice", choices=tuple(Size.choices)),
    field("employees", _("employees"), "number"),
    field("founded", _("founded in"), "number"),
    field("is_customer", _("customer"), "yes_no"),
    field("remarks", _("remarks"), "long_text"),
    OWNER,
    ID,
)
PERSON_FIELDS = (
    field("first_name", _("first name")),
    field("last_name", _("last name")),
    field("full_name", _("first and last name in one")),
    ImportField("company", _("company"), "text", WORDS["company_name"]),
    field("job_title", _("job title")),
    *REACH_FIELDS,
    *ADDRESS_FIELDS,
    field("is_customer", _("customer"), "yes_no"),
    field("remarks", _("remarks"), "long_text"),
    OWNER,
    ID,
)
COMPANY_KEYS = (
    ImportKey("id", _("ID in Embudo"), ("id",)),
    ImportKey("tax_id", _("tax number"), ("tax_id",)),
    ImportKey("email", _("e-mail address"), ("email",)),
    ImportKey("name_town", _("name and town"), ("name", "town")),
    ImportKey("name", _("name"), ("name",)),
)
PERSON_KEYS = (
    ImportKey("id", _("ID in Embudo"), ("id",)),
    ImportKey("email", _("e-mail address"), ("email",)),
    ImportKey("phone", _("phone or mobile"), ("phone",)),
    ImportKey("name_company", _("name and company"), ("last_name", "company")),
    ImportKey("name", _("name"), ("last_name",)),
)
