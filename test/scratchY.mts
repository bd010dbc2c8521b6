import { sinkhorn } from '../lib/index.ts';
const one=(p:number[],w:number[])=>({count:1,dimension:1,offsets:Int32Array.of(0,p.length),points:Float64Array.from(p),weights:Float64Array.from(w)});
const x=one([0.904254978145711, 0.21883003214044006, 2.2124358833461675, -0.35539697027199746],[0.9990504247473799, 0.00005811338267579106, 0.0007727610159838817, 0.00011870085396050143]);
const y=one([0.277456935393369, 0.9625127583546214],[0.999959250449605, 0.00004074955039503241]);
const r=await sinkhorn(x,y,{epsilon:7.563381695657131e-6}); console.log(r.values[0],r.marginalErrors[0],r.iterations[0],r.stopped[0], 'true .395355');
let seed = 5; const rnd = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
for (const [lo,hi] of [[1e-6,1e-5],[1e-5,1e-4],[1e-4,1e-3],[1e-3,1e-1]] as const) { let bad=0,worst=0,it=0; for(let t=0;t<300;t++){ const n=1+Math.floor(40*rnd()), m=1+Math.floor(40*rnd()), d=1+Math.floor(3*rnd());
 const mk=(k:number)=>{const p=Float64Array.from({length:k*d},()=>3*rnd()); let w=Float64Array.from({length:k},()=>10**(-8*rnd())); const s=w.reduce((a,b)=>a+b); w=w.map(v=>v/s); return {count:1,dimension:d,offsets:Int32Array.of(0,k),points:p,weights:w}};
 const eps=1.5*d*lo*(hi/lo)**rnd(); const q=await sinkhorn(mk(n),mk(m),{epsilon:eps,plans:false}); if(q.stopped[0]!=='converged'){bad++;worst=Math.max(worst,q.marginalErrors[0]!);} it=Math.max(it,q.iterations[0]!);} console.log(lo,hi,'bad',bad,'of 300 worst',worst,'max it',it); }
