"""Reports as files: HTML, and PDF through reportlab, which also draws the graphs."""
