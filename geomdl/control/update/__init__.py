"""Updates: from the layers and a sweep through them to better layers."""
