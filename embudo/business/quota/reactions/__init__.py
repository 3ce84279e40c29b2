from embudo.business.quota.reactions import changes, daily, outlook, requests

__all__ = ["changes", "daily", "outlook", "requests"]
