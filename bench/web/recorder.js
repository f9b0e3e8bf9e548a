// What a page does while somebody uses it: frames, long tasks, and when results stood in the DOM.
// Times are milliseconds since the page began, as in `performance.now()`.
() => {
  const frames = [];
  const longTasks = [];
  const results = [];
  let running = false;
  const frame = (time) => {
    if (!running) return;
    frames.push(time);
    requestAnimationFrame(frame);
  };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) longTasks.push([startTime, duration]);
  }).observe({ type: "longtask" });
  performance.setResourceTimingBufferSize(100_000);
  // That nothing matches is a result, too.
  const shown = '[aria-busy="false"] [role="grid"][aria-label="Results"] [role="gridcell"], [data-nothing-matches]';
  window.argusBench = {
    begin() {
      frames.length = longTasks.length = 0;
      running = true;
      requestAnimationFrame(frame);
    },
    /** Long tasks are told a little later than they end. */
    async end() {
      running = false;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { frames: [...frames], longTasks: [...longTasks] };
    },
    watchResults() {
      new MutationObserver(() => {
        if (document.querySelector(shown)) results.push(performance.now());
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    },
    /** From the answer's last byte to its results; undefined while they are not there. */
    resultsAfter(since) {
      const answer = performance
        .getEntriesByType("resource")
        .find(({ name, startTime }) => startTime >= since && name.endsWith("/SearchImages"));
      const at = answer && results.find((time) => time >= answer.responseEnd);
      return at && { shownMs: at - answer.responseEnd, answerMs: answer.responseEnd - since };
    },
  };
}
