"""`make bench`: how far the work is from what the machine could do, as ratios taken in one run."""
