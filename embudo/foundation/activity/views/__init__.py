from embudo.foundation.activity.views import entries, tasks, timeline

__all__ = ["entries", "tasks", "timeline"]
