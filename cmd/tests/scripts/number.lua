return 12ab
