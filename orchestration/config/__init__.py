"""`stillhere.toml`: reading it, and saying clearly what is wrong with it."""

from orchestration.config.loading import load
from orchestration.config.sections import Config, Goal, Mail, Source, Webhook
from orchestration.config.values import Timezone, figures

CONFIG_NAME = "stillhere.toml"

__all__ = [
    "CONFIG_NAME",
    "Config",
    "Goal",
    "Mail",
    "Source",
    "Timezone",
    "Webhook",
    "figures",
    "load",
]
