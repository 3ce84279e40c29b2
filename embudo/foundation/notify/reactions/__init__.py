from embudo.foundation.notify.reactions import following, returns, sending

__all__ = ["following", "returns", "sending"]
