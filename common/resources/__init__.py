"""Resource types: Structs become CRDs, old versions become the hub type."""
