"""The papers' tables, rebuilt with skscale."""
