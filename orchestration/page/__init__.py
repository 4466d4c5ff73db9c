"""The weekly page that people read: one self-contained HTML file a week, made from the published tables alone."""
