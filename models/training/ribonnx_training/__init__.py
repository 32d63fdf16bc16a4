"""What the training recipes of the bundles share: tensor files, graphs, metrics. Development only."""
