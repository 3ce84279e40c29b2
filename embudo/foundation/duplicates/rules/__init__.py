from embudo.foundation.duplicates.rules.normal import company_key, email_domain, person_key, tax_key

__all__ = ["company_key", "email_domain", "person_key", "tax_key"]
