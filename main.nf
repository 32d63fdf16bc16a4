#!/usr/bin/env nextflow
// The pipeline lives in nextflow/; this entry makes it run from the root of a clone, and by the address of a repository.
include { RIBONNX } from './nextflow/workflows/ribonnx'

workflow {
    run = Ribonnx.start(params, workflow, log, "${moduleDir}/nextflow")
    if (run) {
        RIBONNX(run.samples, run.model, run.chunks, run.asked, run.outdir, run.title)
        finished = workflow
        logger = log
        workflow.onComplete { RunLog.close(finished, logger, run) }
    }
}
