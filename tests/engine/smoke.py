import sys, json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from pathlib import Path
from mscode.kind import registry
from mscode.address import Address
from mscode.errors import *
from mscode.values import Scalar
from mscode.world import *
from mscode.engine.target import Target
from mscode.engine.session import look
from mscode.engine.run import Run
from mscode.engine.apply import apply_plan
from mscode.plan.scene import Options
from mscode.api.client import Client
from mscode.api.transport import embedded
from mscode.sandbox.app import create_app
import hashlib
K=registry()
class Store:
    def __init__(s): s.e={}; s.i={}; s.t=[]
    known=property(lambda s: Known(dict(s.e),dict(s.i),list(s.t)))
    def begin(s,ints):
        for i in ints: s.i[i.address]=i
    def put(s,e): s.e[e.address]=e
    def settle(s,a): s.i.pop(a,None)
    def drop(s,a): s.e.pop(a,None)
    def bury(s,t): s.t.append(t)
    def unbury(s,a): s.t=[t for t in s.t if t.address!=a]
    def move(s,o,n):
        e=s.e.pop(o); from dataclasses import replace; s.e[n]=replace(e,address=n)
    def seal(s,v): return "hmac:"+hashlib.sha256(json.dumps(v,default=str).encode()).hexdigest()[:12]
def scal(v):
    if isinstance(v,dict): return {k:scal(x) for k,x in v.items()}
    if isinstance(v,list): return [scal(x) for x in v]
    if v is None: return None
    return Scalar(str(v), plain=not isinstance(v,str))
def desired(sections, guards={}):
    z=ZoneInfo("Europe/Helsinki"); objs={}
    for sec,items in sections.items():
        for n,d in items.items():
            spec=K[sec].spec.model_validate(scal(d),context=SpecContext(z))
            f=spec.fields()
            if K[sec].named: f.setdefault("name",n)
            objs[Address(sec,n)]=Desired(Address(sec,n),Place("c.yaml",1,1),f,spec.members())
    return DesiredWorld(Project("demo",z,"Europe/Helsinki","",guards),objs,1)
def target():
    paths={}
    for k in K.values(): paths|=k.paths
    return Target("demo","sandbox","http://sandbox.local/v1",paths,Path("/tmp/res"),Path("."),checks_clock=False)
def show(plan):
    for c in plan.changes:
        if c.is_shown: print("  ",c.action.value,c.address,[f.name for f in c.fields],c.members and (len(c.members.add),len(c.members.remove)),c.launch and (c.launch.reason,c.launch.reach.people,c.launch.reach.first_call, c.launch.widens),"HALTS" if c.halts else "", c.reason)
    for n in plan.notes: print("   note",n.address,n.text)
    for k in plan.checks:
        if k.status!="pass": print("   check",k.status,k.name,k.message)
    for w in plan.warnings: print("   warn",w.summary)
    print("  ",plan.totals)
app=create_app(":memory:",clock=datetime(2026,11,30,6,tzinfo=UTC))
cl=Client("http://sandbox.local/v1",app.state.token,transport=embedded(app))
st=Store(); tg=target()
def go(d,opts=Options(),launch=True,quiet=False):
    plan=look(cl,K,tg,d,st.known,st.seal,opts)
    show(plan)
    evs=[]
    def emit(e):
        if type(e).__name__ in("Failed","Notice","Skipped","Held"): print("    !",e)
        evs.append(e)
    run=Run(cl,st,tg,K,plan,emit)
    s=apply_plan(run,launch=launch,held_because="no yes")
    print("  =>",s)
    p2=look(cl,K,tg,d,st.known,st.seal,Options())
    if p2.shown: print("  NOT EMPTY"); show(p2)
    return plan
base={"accounts":{f"p{i}":{"firstName":f"N{i}","phone":f"+35840123456{i}","city":"Helsinki" if i%2 else "Espoo","yearOfBirth":1980+i} for i in range(6)},
"filters":{"hel":{"conditions":[{"field":"city","operator":"in","value":["Helsinki"]}]}},
"groups":{"donors":{"name":"Donors","members":{"filter":"hel"}}},
"voiceFiles":{"greet":{"text":"Hello","voiceCode":"en","description":"d"}},
"rsvpCalls":{"invite":{"startTime":"2026-12-01T09:00:00+02:00","endTime":"2026-12-04 17:00:00","activeFrom":"07:00","activeTo":"15:00","activeWeekdays":["monday","tuesday","wednesday","thursday","friday"],"voiceFiles":{"start":"greet"},"actionButtons":{"accept":5,"decline":9},"receivers":[{"group":"donors"},{"account":"p0"}],"acceptsWanted":2}}}
if __name__=="__main__":
    import copy
    print("1 create"); go(desired(base))
    b=copy.deepcopy(base); b["voiceFiles"]["greet"]["text"]="Hi there"; b["rsvpCalls"]["invite"]["maxRedials"]=2
    print("2 replace voice + edit"); go(desired(b))
    b["accounts"]["p7"]={"phone":"+358401234577","city":"Helsinki"}
    print("3 new member"); go(desired(b))
    b["rsvpCalls"]["invite"]["endTime"]="2026-12-05 17:00:00"; b["rsvpCalls"]["invite"]["receivers"].append({"phone":"+358401234580"})
    print("4 widening"); go(desired(b),launch=False); go(desired(b))
    del b["rsvpCalls"]["invite"]["receivers"][1]
    print("5 remove receiver"); go(desired(b))
    b["rsvpCalls"]["invite"]["state"]="halt"
    print("6 halt"); go(desired(b))
    b["rsvpCalls"]["invite"]["state"]="active"
    print("7 resume"); go(desired(b))
    del b["rsvpCalls"]["invite"]["maxRedials"]
    print("8 default"); go(desired(b))
    import httpx
    t=httpx.Client(transport=embedded(app),base_url="http://sandbox.local")
    print(t.post("/__sandbox/clock",json={"advance":"+2d"}).text)
    print("9 after 2 days"); go(desired(b))
    print(t.get("/__sandbox/rings").json()[:2], len(t.get("/__sandbox/rings").json()))
    b2=copy.deepcopy(b); del b2["rsvpCalls"]; 
    print("10 remove campaign"); go(desired(b2))
    print("11 destroy"); go(desired(b2),Options(destroy=True,allow_deletes=50))
