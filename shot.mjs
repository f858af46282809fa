import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
const [,, notebook, theme, prefix] = process.argv;
const venv="/work/wt/mine/.venv";
const port=8800+Math.floor(Math.random()*150);
const lab=spawn(venv+"/bin/jupyter",["lab","--no-browser","--allow-root","--port="+port,"--ServerApp.token=t","--ServerApp.root_dir=/tmp/nb","--LabApp.expose_app_in_browser=False"],{stdio:"ignore",env:{...process.env,JUPYTERLAB_SETTINGS_DIR:"/tmp/labset-"+theme, HOME:"/tmp/home-"+theme}});
const end=()=>{lab.kill("SIGINT");setTimeout(()=>lab.kill("SIGKILL"),1500)};
for(let i=0;i<120;i++){ try{ const r=await fetch(`http://127.0.0.1:${port}/api?token=t`); if(r.ok) break;}catch{} await new Promise(r=>setTimeout(r,500)); }
const browser=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox"]});
const page=await browser.newPage({viewport:{width:1280,height:1100}}); page.setDefaultTimeout(60000);
page.on("console",m=>{ if(m.type()==="error") console.log("console:",m.text().slice(0,200)); });
await page.goto(`http://127.0.0.1:${port}/lab/workspaces/w${port}/tree/${notebook}?reset&token=t`);
await page.locator(".jp-Notebook").waitFor(); await page.waitForTimeout(6000);

// walk through figures
const cells=await page.locator(".jp-Notebook .jp-Cell").count(); console.log("cells",cells);
let shot=0;
const pane=page.locator(".jp-WindowedPanel-outer").first();
const height=await pane.evaluate(e=>e.scrollHeight); console.log("height",height);
for(let y=0;y<Math.max(height,1);y+=900){ await pane.evaluate((e,y)=>{e.scrollTop=y},y); await page.waitForTimeout(1800); await page.screenshot({path:`/tmp/shots/${prefix}-${String(shot++).padStart(2,"0")}.png`}); const h=await pane.evaluate(e=>[e.scrollTop,e.scrollHeight,e.clientHeight]); if(h[0]+h[2]>=h[1]-2) break; }
console.log("shots",shot, "collapsed figures", await page.evaluate(()=>[...document.querySelectorAll(".mfl-Figure,.jp-RenderedPlotly,.js-plotly-plot")].map(e=>e.getBoundingClientRect()).filter(r=>r.height<60&&r.width>0).length));
await browser.close(); end();
