def findings(scores):
    return ()
