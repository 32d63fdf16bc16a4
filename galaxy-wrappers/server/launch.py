"""Galaxy's web application and a Celery worker (broker in memory) in one process.

With a warm worker a tool test takes 2 s in place of 20: files are fetched and described in processes that have Galaxy loaded.

Argument: the port on 127.0.0.1. Environment: GALAXY_CONFIG_FILE.
"""

import sys
import threading


def main(port):
    import uvicorn
    from celery._state import _set_task_join_will_block
    from galaxy.webapps.galaxy.fast_factory import factory

    app = factory()
    from galaxy.celery import celery_app, setup_worker_pool

    worker = celery_app.WorkController(
        app=celery_app,
        pool="threads",
        concurrency=2,
        hostname="test@localhost",
        loglevel="INFO",
        queues=["celery", "galaxy.internal", "galaxy.external"],
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        ready_callback=lambda consumer: ready.set(),
    )
    ready = threading.Event()
    if not hasattr(celery_app, "fork_pool"):
        setup_worker_pool(sender=worker)
    celery_app.fork_pool.schedule(len, args=[()]).result()  # start and warm the worker process now
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    if not ready.wait(60):
        sys.exit("the celery worker did not start")
    _set_task_join_will_block(False)  # threads of the job runner, not tasks, wait for results here
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, access_log=False)
    finally:
        celery_app.fork_pool.stop()
        celery_app.fork_pool.join(timeout=5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
