#!/usr/bin/env nextflow
include { RIBONNX } from './workflows/ribonnx'

// Parameters are read here and nowhere else. Everything that can be wrong with them is found, and told at once, before
// the first task.
workflow {
    run = Ribonnx.start(params, workflow, log, "${moduleDir}")
    if (run) {
        RIBONNX(run.samples, run.model, run.chunks, run.asked, run.outdir, run.title)
        finished = workflow
        logger = log
        workflow.onComplete { RunLog.close(finished, logger, run) }
    }
}
