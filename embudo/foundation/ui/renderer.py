from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Draws every form and field in the design: label, hint, error, then the field."""

    form_template_name = "ui/form_fields.html"
    field_template_name = "ui/field.html"
