from embudo.business.intake.reactions import deliveries, imports, lacking, news

__all__ = ["deliveries", "imports", "lacking", "news"]
