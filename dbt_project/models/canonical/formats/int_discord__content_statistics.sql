-- Reactions that are counted without saying whose they are: all of them in exports of old versions.
{{ reactions_without_users(ref('int_discord__messages')) }}
