"""How the weights in `skscale.pretrained` were trained and chosen."""
