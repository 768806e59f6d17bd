import importlib.util, sys, datetime as dt
from pathlib import Path
from headwater.check.suite import Suite, Expectation
from .zetasql_runner import Table
from . import test_checks
spec = importlib.util.spec_from_file_location("every", Path(__file__).parents[1]/"check"/"test_every_expectation.py")
every = importlib.util.module_from_spec(spec); spec.loader.exec_module(every)
T = Table({"n":"int64","more":"int64","one":"int64","kind":"string","word":"string","gaps":"int64","none":"int64","day":"date","at":"timestamp","x":"float64"},
 [dict(n=i,more=i+1,one=1,kind="a" if i<5 else "b",word=f"w{i}",gaps=1 if i%2==0 else None,none=None,day=dt.date(2026,1,1+i%2),at=dt.datetime(2026,1,1,12,tzinfo=dt.UTC),x=i/2) for i in range(10)])
def test_all():
    src = Path(test_checks.__file__).read_text()
    for side in (0,1):
        exps = tuple(Expectation(name, args[side], "critical","", "p", i) for i,(name,args) in enumerate(every.CASES.items()))
        res = {}
        from headwater.check import gx
        orig = gx.evaluate
        def spy(*a):
            r = orig(*a); res["r"]=r; return r
        gx.evaluate = spy
        try: test_checks.failing(Suite("p","every","","",exps,"h"), T)
        except AssertionError: pass
        finally: gx.evaluate = orig
        for e, r in zip(every.CASES, res["r"][0]):
            if r.passed != (side==0) or "judged" in r.observed: print("DIFF", side, e, r.passed, r.observed[:300])
        print("wrong", res["r"][1])
