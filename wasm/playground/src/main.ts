import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";

const target = document.getElementById("app");
if (target) mount(App, { target });

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Without it the page still works, only not offline.
  navigator.serviceWorker.register("./sw.js").catch(() => {});
}
