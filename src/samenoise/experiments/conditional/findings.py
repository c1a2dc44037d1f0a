def findings(scores): return ()
