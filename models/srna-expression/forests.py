"""The random forests of srna-expression-forest, which the cross-validation of srna-expression grows too."""

FORESTS = {"cohort": dict(n_estimators=250, max_depth=20, max_features=0.1),
           "sex": dict(n_estimators=150, max_depth=10, min_samples_leaf=8, max_features="sqrt", class_weight="balanced"),
           "age": dict(n_estimators=150, max_depth=10, min_samples_leaf=8, max_features="sqrt", class_weight="balanced")}
