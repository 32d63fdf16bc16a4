"""Write the configuration of the test server: galaxy.yml of this folder, and what only a run knows.

Arguments: the work folder, the admin key, the web client's folder or "", a job configuration or "", 1 for the allow-list or 0.
"""

import os
import sys

import yaml


def main(work, key, client, jobs, allow):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "galaxy.yml")) as f:
        galaxy = yaml.safe_load(f)["galaxy"]
    for name in ("tool_config_file", "job_config_file", "tool_data_table_config_path"):
        galaxy[name] = os.path.normpath(os.path.join(here, galaxy[name]))
    managers = os.path.join(os.path.dirname(here), "data_manager", "data_manager_conf.xml")
    if os.path.exists(managers):
        galaxy["data_manager_config_file"] = managers
        galaxy["tool_path"] = os.path.dirname(managers)  # tool_file of a data manager is relative to it
        galaxy["galaxy_data_manager_data_path"] = os.path.join(work, "models")
    # The installation of this run in place of the path that the file for administrators holds; all else as it is.
    with open(os.path.abspath(jobs) if jobs else galaxy["job_config_file"]) as f:
        text = f.read()
    galaxy["job_config_file"] = os.path.join(work, "job_conf.yml")
    with open(galaxy["job_config_file"], "w") as f:
        f.write(text.replace("/opt/ribonnx", os.environ["RIBONNX_HOME"]))
    if client:
        galaxy["static_dir"] = client
    if allow == "1":
        galaxy["sanitize_allowlist_file"] = os.path.join(here, "sanitize_allowlist.txt")
    data = os.path.join(work, "data")
    galaxy.update(
        data_dir=data,
        config_dir=os.path.join(work, "config"),
        database_connection="sqlite:///%s/universe.sqlite?isolation_level=IMMEDIATE" % data,
        bootstrap_admin_api_key=key,
        log_level="INFO",
        job_handler_monitor_sleep=0.2,
        enable_celery_tasks=True,
        metadata_strategy="directory_celery",
        celery_conf={
            "broker_url": "memory://",
            "result_backend": "cache+memory://",
            "broker_transport_options": {"polling_interval": 0.05},
        },
    )
    os.makedirs(data)
    os.makedirs(os.path.join(work, "config"))
    with open(os.path.join(work, "galaxy.yml"), "w") as f:
        yaml.safe_dump({"galaxy": galaxy}, f)


if __name__ == "__main__":
    main(*sys.argv[1:])
