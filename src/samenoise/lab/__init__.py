"""What all experiments are made of: the common config, planning, features, scoring, run files. Knows no experiment."""
