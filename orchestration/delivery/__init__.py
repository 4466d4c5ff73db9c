"""Telling people of a week: an e-mail with its headlines, and a message to a webhook.

Both come after the published file was swapped, and neither can undo or hold up the publishing: what cannot be sent is
told as a warning, and tried again by the next run.
"""

from orchestration.delivery.deliver import deliver

__all__ = ["deliver"]
