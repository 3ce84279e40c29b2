from embudo.business.intake.reactions import deliveries, imports, news

__all__ = ["deliveries", "imports", "news"]
