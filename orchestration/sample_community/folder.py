"""Puts the sample community on disk: exports, identities, and the config that points at them."""

from pathlib import Path

from orchestration.sample_community import shop, slack_export
from orchestration.sample_community.channels import channels
from orchestration.sample_community.conversation import Conversation
from orchestration.sample_community.people import community, enter_channels
from orchestration.sample_community.scenes import scenes

CONFIG = """\
# The sample community: makers around a harbour shed, with a Slack workspace and a small shop.
# Everything in it is invented. Paths are relative to this file.

[community]
name = "Harbour Makers"
timezone = "Europe/Berlin"        # weeks run from Monday 00:00 to Monday 00:00 here
identities = "identities.csv"     # person,source,native_id: who in the shop is who in Slack

# A Slack workspace export, as the workspace's owner downloads it (a .zip works as well).
[[sources]]
name = "slack"
format = "slack"
path = "exports/slack"

# The shop's orders. Any CSV will do: the table below says which column holds what.
[[sources]]
name = "shop"
format = "orders"
path = "exports/orders.csv"

[sources.columns]
order_id = "order_id"
member = "customer_id"
at = "ordered_at"
amount = "amount"
currency = "currency"
status = "status"

# Where a weekly figure is to be by a day.
[[goals]]
name = "A third more people take part by summer"
metric = "report_activity.active_members"
from = 2026-01-19
to = 2026-06-30
target = "+33%"
"""


def write(folder: Path) -> Path:
    """Writes the sample below the folder and returns the path of its stillhere.toml."""
    folder = Path(folder)
    rooms = channels()
    opened = {channel.name: channel.opened for channel in rooms}
    closed = {channel.name: channel.closed for channel in rooms if channel.closed is not None}
    people = community()
    enter_channels(people, opened, closed)
    messages = Conversation(people, scenes(), closed).run()
    slack_export.write_export(folder / "exports" / "slack", slack_export.files(people, rooms, messages))

    buyers = shop.customers(people)
    header = ("order_id", "customer_id", "ordered_at", "amount", "currency", "status")
    (folder / "exports" / "orders.csv").write_bytes(shop.as_csv(header, shop.orders(buyers)))
    linked = shop.as_csv(("person", "source", "native_id"), shop.identities(people, buyers))
    (folder / "identities.csv").write_bytes(linked)
    config = folder / "stillhere.toml"
    config.write_bytes(CONFIG.encode())
    return config
