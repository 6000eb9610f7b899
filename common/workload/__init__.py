"""The built-in objects a cluster is made of, from templates, with the user's podTemplate merged over them."""
